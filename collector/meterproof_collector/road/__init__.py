"""The way of a message from the broker into the store, and what is answered."""
