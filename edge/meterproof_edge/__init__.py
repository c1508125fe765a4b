"""The gateway agent.

This room exists to bring every reading of a plant's meters to the broker and to say so when it could not: register
map, read plan, sample, spool, MQTT. It also holds the meter simulator, which serves the same register maps that the
agent reads. It knows core only, so that a gateway carries no maths and no web server.
"""

__version__ = "0.1.0"
