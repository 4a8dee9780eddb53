// The twin of the fixtures beside it: everything that they do, in an order that is right. It compiles.
import PeripheralIO

func send(_ port: Peripheral) {
    var buffer = TransferBuffer(count: 4)
    let write = port.write(buffer)
    buffer = write.wait().takeBuffer()
    _ = buffer.count
    var bytes = buffer.mutableBytes
    bytes.storeBytes(of: 1, as: UInt8.self)
    _ = port.write(buffer).wait()
}

func exchange(_ port: Peripheral) {
    let received = TransferBuffer(count: 4)
    let write = port.exchange(TransferBuffer(count: 4), into: received)
    write.wait().takeBuffer().takeBoth { sent, received in
        _ = received.count
    }
}
