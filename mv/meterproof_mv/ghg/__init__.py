"""From activity to tonnes: sourced factor records, their choice, and emissions with the gases apart."""
