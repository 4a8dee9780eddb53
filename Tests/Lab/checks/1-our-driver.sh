# Our driver on libftdi, libusb, usbfs and the kernel's vhci, down to the virtual chip.
plug
check "the chip is listed with its URL" grep -q 'ftdi://' <("$hil" list)
check "SPI: what goes out comes back" "$hil" loopback ftdi://ftdi:232h/1 --bytes 256Ki
check "SPI: mode 2" "$hil" loopback 'ftdi://ftdi:232h/1?mode=2&speed=6M' --bytes 32Ki
check "SPI: packets" "$hil" loopback ftdi://ftdi:232h/1 --packets --bytes 64Ki
# Packets lie in memory that usbfs does not copy: it is mapped from the device's own node.
packets_are_mapped() {
    local status=0
    "$hil" loopback ftdi://ftdi:232h/1 --packets --seconds 30 &
    local process=$!
    wait_for grep -q ' /dev/bus/usb/' /proc/$process/maps || status=1
    kill -INT $process
    wait $process
    return $status
}
check "SPI: packets in the device's own memory" packets_are_mapped
check "UART: 115200 baud" "$hil" loopback 'ftdi://ftdi:232h/1?baud=115200' --bytes 16Ki
check "UART: 3 Mbaud, held back by RTS and CTS" "$hil" loopback 'ftdi://ftdi:232h/1?baud=3M&flow=hard' --bytes 64Ki
check "the kernel's driver has its port back" wait_for serial_port
# Who has it is told by name and number, and has it still.
busy_is_told() {
    local status=0
    "$hil" loopback ftdi://ftdi:232h/1 --seconds 60 > /dev/null &
    local process=$!
    wait_for sh -c "ls -l /proc/$process/fd | grep -q bus/usb"
    ends_with 5 "$hil" loopback ftdi://ftdi:232h/1 --bytes 1 2> "$state/said" || status=1
    grep "hil (process $process)" "$state/said" || { cat "$state/said"; status=1; }
    kill -INT $process
    wait $process
    return $status
}
check "busy, and who has it" busy_is_told
check "no such device" ends_with 3 "$hil" loopback ftdi://ftdi:232h:NONESUCH/1 --bytes 1
unplug
