"""The pages of the room; each module registers its own (`csvgen.portal` says how)."""
