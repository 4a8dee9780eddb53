// The functions are named as C names them.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CFirmware
import PeripheralIO
import RTOS

// FreeRTOS+IO: open, read, write, ioctl.

@c @implementation
public func FreeRTOS_open(_ pcPath: UnsafePointer<Int8>?, _ ulFlags: UInt32) -> Peripheral_Descriptor_t? {
    hilFreeRTOSIOOpen(pcPath, ulFlags, .max)
}

@c @implementation
public func hilFreeRTOSIOOpen(_ path: UnsafePointer<Int8>?, _ flags: UInt32, _ modes: UInt32)
    -> Peripheral_Descriptor_t?
{
    guard let path else {
        Misuse.report("FreeRTOS_open", "the path is NULL")
        return nil
    }
    return FreeRTOSPeripheral.open(String(cString: path), modes: modes)
}

@c @implementation
public func FreeRTOS_write(
    _ pxPeripheral: Peripheral_Descriptor_t?, _ pvBuffer: UnsafeRawPointer?, _ xBytes: Int
) -> Int {
    guard let peripheral = FreeRTOSPeripheral.of(pxPeripheral, "FreeRTOS_write") else { return 0 }
    defer { Kernel.switchIfDue() }
    return peripheral._withUnsafeGuaranteedRef {
        $0.write(UnsafeRawBufferPointer(start: pvBuffer, count: max(0, xBytes)))
    }
}

@c @implementation
public func FreeRTOS_read(
    _ pxPeripheral: Peripheral_Descriptor_t?, _ pvBuffer: UnsafeMutableRawPointer?, _ xBytes: Int
) -> Int {
    guard let peripheral = FreeRTOSPeripheral.of(pxPeripheral, "FreeRTOS_read") else { return 0 }
    defer { Kernel.switchIfDue() }
    return peripheral._withUnsafeGuaranteedRef {
        $0.read(into: UnsafeMutableRawBufferPointer(start: pvBuffer, count: max(0, xBytes)))
    }
}

@c @implementation
public func FreeRTOS_ioctl(
    _ xPeripheral: Peripheral_Descriptor_t?, _ ulRequest: UInt32, _ pvValue: UnsafeMutableRawPointer?
) -> Int {
    guard let peripheral = FreeRTOSPeripheral.of(xPeripheral, "FreeRTOS_ioctl") else { return 0 }
    defer { Kernel.switchIfDue() }
    return peripheral._withUnsafeGuaranteedRef { $0.control(ulRequest, UInt(bitPattern: pvValue)) ? 1 : 0 }
}
