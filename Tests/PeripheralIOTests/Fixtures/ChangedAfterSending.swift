import PeripheralIO

func send(_ port: Peripheral) {
    var buffer = TransferBuffer(count: 4)
    let write = port.write(buffer)
    var bytes = buffer.mutableBytes
    bytes.storeBytes(of: 1, as: UInt8.self)
    buffer = write.wait().takeBuffer()
}
