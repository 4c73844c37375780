"""Keys, certificates and detached signatures over bytes. No people here: who may sign is `identity`, what is signed is `signature`."""
