"""requirement -> risk -> case -> verdict -> evidence -> deviation, in both directions, gaps as rows."""
