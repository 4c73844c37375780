"""A station that looks at filled vials: a small classifier behind a service. It knows nothing of csvgen."""
