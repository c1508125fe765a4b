"""Modbus TCP: the one subpackage that knows pymodbus, which breaks its interface between minor versions."""
