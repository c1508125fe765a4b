"""The edge's side of MQTT: the only place in this room that knows paho."""
