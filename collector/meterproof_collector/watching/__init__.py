"""How the collector is: figures, alarms, health over HTTP."""
