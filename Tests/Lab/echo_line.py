"""Listens on a Unix socket and sends back what comes: a wire from TX to RX for QEMU's serial adapter."""
import socket
import sys

listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
listener.bind(sys.argv[1])
listener.listen()
while True:
    line, _ = listener.accept()
    with line:
        while data := line.recv(65536):
            line.sendall(data)
