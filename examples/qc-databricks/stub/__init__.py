"""A stub of a workspace, a forge, a Jira and a Vault, in the shapes their references document. It shows nothing of the services themselves."""
