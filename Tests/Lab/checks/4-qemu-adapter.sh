# The FT232BM that QEMU models: full speed, 64-byte packets, no MPSSE, no EEPROM, and never a packet of status alone.
check "QEMU's FT232BM as a UART, by our driver" "$hil" loopback 'ftdi://0x403:0x6001/1?baud=1M' --bytes 16Ki
