"""What is checked of a bundle; each module yields sentences, one a contradiction, and none when all holds."""
