import CFirmware

// Functional safety and multicore: present, and answered as by an implementation without them.

@c @implementation
public func osKernelProtect(_ safetyClass: UInt32) -> osStatus_t { Unsupported.status }

@c @implementation
public func osKernelDestroyClass(_ safetyClass: UInt32, _ mode: UInt32) -> osStatus_t { Unsupported.status }

@c @implementation
public func osThreadGetClass(_ threadId: UnsafeMutableRawPointer?) -> UInt32 { osErrorId }

@c @implementation
public func osThreadGetZone(_ threadId: UnsafeMutableRawPointer?) -> UInt32 { osErrorId }

@c @implementation
public func osThreadFeedWatchdog(_ ticks: UInt32) -> osStatus_t { Unsupported.status }

@c @implementation
public func osThreadProtectPrivileged() -> osStatus_t { Unsupported.status }

@c @implementation
public func osThreadSuspendClass(_ safetyClass: UInt32, _ mode: UInt32) -> osStatus_t { Unsupported.status }

@c @implementation
public func osThreadResumeClass(_ safetyClass: UInt32, _ mode: UInt32) -> osStatus_t { Unsupported.status }

@c @implementation
public func osThreadTerminateZone(_ zone: UInt32) -> osStatus_t { Unsupported.status }

@c @implementation
public func osThreadSetAffinityMask(_ threadId: UnsafeMutableRawPointer?, _ affinityMask: UInt32) -> osStatus_t {
    Unsupported.status
}

/// 0: not used.
@c @implementation
public func osThreadGetAffinityMask(_ threadId: UnsafeMutableRawPointer?) -> UInt32 { 0 }

/// Nothing to go back to: a fault ends the process.
@c @implementation
public func osFaultResume() {}

private enum Unsupported {
    static var status: osStatus_t { CMSISCall.isInterrupt ? osErrorISR : osError }
}
