"""A small laboratory information system, as somebody else may have written it. It knows nothing of csvgen."""
