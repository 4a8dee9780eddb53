"""A flash's identification by pyftdi, as its users write it."""
from pyftdi.spi import SpiController

controller = SpiController()
controller.configure("ftdi://ftdi:232h/1")
port = controller.get_port(cs=0, freq=30e6, mode=0)
print(port.exchange(b"\x9f", 3).hex(" "))
controller.close()
