"""Reads the ID and a block of the flash with pyftdi and pyspiflash, and compares the block with the image."""
import sys

from pyftdi.spi import SpiController
from spiflash.serialflash import SerialFlashManager

controller = SpiController()
controller.configure("ftdi://ftdi:232h/1")
flash = SerialFlashManager.get_from_controller(controller, cs=0, freq=6e6)
print(flash)
with open(sys.argv[1], "rb") as image:
    expected = image.read(65536)
if bytes(flash.read(0, 65536)) != expected:
    sys.exit("the block differs")
controller.close()
