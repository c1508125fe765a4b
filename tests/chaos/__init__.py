"""Kills every process of the road at will and counts what is left.

The harness is a plant in a folder: simulated meters that count their own answers, gateway agents, a real Mosquitto, one
or two collectors and a real store, each a process of its own. What is in the store afterwards is read without any code
of ours and compared with what the meters answered.
"""
