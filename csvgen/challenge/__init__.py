"""Proof that the scripts of a protocol can fail: broken systems they must find. An engineering measure beside the evidence."""
