"""The same measurements by pyftdi, as its users write them: pyftdi_loop.py write|read|exchange COUNT."""
import sys
import time

from pyftdi.spi import SpiController

what, count = sys.argv[1], int(sys.argv[2])
controller = SpiController()
controller.configure("ftdi://ftdi:232h/1")
port = controller.get_port(cs=0, freq=30e6, mode=0)


def measure(count):
    if what == "write":
        # It takes no more than 65535 bytes at once.
        for place in range(0, count, 32768):
            port.write(bytes(min(32768, count - place)))
    elif what == "read":
        for place in range(0, count, 32768):
            port.read(min(32768, count - place))
    else:
        for _ in range(count):
            answer = port.exchange(b"\x9f\0\0\0", 4, duplex=True)
        assert bytes(answer) == b"\x9f\0\0\0"


# What is done for the first time takes long where code is translated as it runs.
measure(min(count, count // 16 + 4))
start = time.monotonic()
measure(count)
print(f"{count / (time.monotonic() - start):.1f}")
controller.close()
