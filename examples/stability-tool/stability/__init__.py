"""A small tool for stability studies with a web face only, as somebody else may have written it. It knows nothing of csvgen."""
