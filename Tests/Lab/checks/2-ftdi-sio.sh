# The kernel's ftdi_sio takes the virtual chip for a real one, and our serial driver stands on its port.
plug
wait_for serial_port
port=$(serial_port)

seven_bits() {
    printf 'seven bits' | timeout 60 "$hil" uart "$port?baud=9600&databits=7&parity=even" -x | grep -q 'seven bits'
}

check "ftdi_sio: 115200 baud" "$hil" loopback "$port?baud=115200" --bytes 16Ki
check "ftdi_sio: 9600 baud, 7 data bits, even parity" seven_bits
check "ftdi_sio: packets" "$hil" loopback "$port?baud=115200" --packets --bytes 16Ki
check "ftdi_sio: 1 Mbaud, held back by RTS and CTS" "$hil" loopback "$port?baud=1M&flow=hard" --bytes 32Ki
unplug
