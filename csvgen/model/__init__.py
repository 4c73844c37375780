"""The nouns of the flow, frozen, in its order: spec, protocol, execution, evidence, matrix, report, signature, verification."""
