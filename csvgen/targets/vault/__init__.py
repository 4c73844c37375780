"""HashiCorp Vault: that secrets are there and looked after, without reading one into evidence."""
