"""The demonstration: a real plant's year, played through the whole chain.

Nothing here computes a figure of the result. It sets up a simulated meter, a gateway agent and a local server, moves
the clock from poll to poll, and then asks the server's own HTTP API what came of it.
"""
