"""The account of the example in moto, an emulator. It shows the shape of calls; its Object Lock is none, and it has no digest files."""
