import PeripheralIO

func send(_ port: Peripheral) {
    let write = port.write(TransferBuffer(count: 4))
    _ = write.wait()
    _ = write.wait()
}
