"""Risk schemes as data; class and priority computed from ratings, never typed."""
