"""Where records and files lie. No meaning here: what a record says and who may write it is decided further down."""
