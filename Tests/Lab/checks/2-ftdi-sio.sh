# The kernel's ftdi_sio takes the virtual chip for a real one, and our serial driver stands on its port.
plug
wait_for test -e /dev/ttyUSB0
check "ftdi_sio: 115200 baud" "$hil" loopback '/dev/ttyUSB0?baud=115200' --bytes 16Ki
check "ftdi_sio: 9600 baud, 7 data bits, even parity" \
    bash -c "printf 'seven bits' | timeout 60 '$hil' uart '/dev/ttyUSB0?baud=9600&databits=7&parity=even' -x | grep -q 'seven bits'"
check "ftdi_sio: packets" "$hil" loopback '/dev/ttyUSB0?baud=115200' --packets --bytes 16Ki
check "ftdi_sio: RTS and CTS" "$hil" loopback '/dev/ttyUSB0?baud=1M&flow=hard' --bytes 32Ki
unplug
