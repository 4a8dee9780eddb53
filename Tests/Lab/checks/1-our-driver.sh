# Our driver on libftdi, libusb, usbfs and the kernel's vhci, down to the virtual chip.
plug
check "the chip is listed with its URL" grep -q 'ftdi://' <("$hil" list)
check "SPI: what goes out comes back" "$hil" loopback ftdi://ftdi:232h/1 --bytes 256Ki
check "SPI: mode 2" "$hil" loopback 'ftdi://ftdi:232h/1?mode=2&speed=6M' --bytes 32Ki
check "SPI: packets" "$hil" loopback ftdi://ftdi:232h/1 --packets --bytes 64Ki
check "UART: 115200 baud" "$hil" loopback 'ftdi://ftdi:232h/1?baud=115200' --bytes 16Ki
check "UART: 3 Mbaud, held back by RTS and CTS" "$hil" loopback 'ftdi://ftdi:232h/1?baud=3M&flow=hard' --bytes 64Ki
check "the kernel's driver has its port back" wait_for serial_port
check "no such device" ends_with 3 "$hil" loopback ftdi://ftdi:232h:NONESUCH/1 --bytes 1
unplug
