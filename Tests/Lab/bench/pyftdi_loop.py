"""The same measurements by pyftdi, as its users write them: pyftdi_loop.py write|read|exchange COUNT."""
import sys
import time

from pyftdi.spi import SpiController

what, count = sys.argv[1], int(sys.argv[2])
controller = SpiController()
controller.configure("ftdi://ftdi:232h/1")
port = controller.get_port(cs=0, freq=30e6, mode=0)
start = time.monotonic()
if what == "write":
    # It takes no more than 65535 bytes at once.
    piece = bytes(32768)
    for _ in range(0, count, len(piece)):
        port.write(piece)
elif what == "read":
    for _ in range(0, count, 32768):
        port.read(32768)
else:
    for _ in range(count):
        answer = port.exchange(b"\x9f\0\0\0", 4, duplex=True)
    assert bytes(answer) == b"\x9f\0\0\0"
print(f"{count / (time.monotonic() - start):.1f}")
controller.close()
