import CFirmware

// Functional safety and multicore: present, and answered as by an implementation without them.

@c @implementation
public func osKernelProtect(_ safety_class: UInt32) -> osStatus_t { Unsupported.status }

@c @implementation
public func osKernelDestroyClass(_ safety_class: UInt32, _ mode: UInt32) -> osStatus_t { Unsupported.status }

@c @implementation
public func osThreadGetClass(_ thread_id: UnsafeMutableRawPointer?) -> UInt32 { osErrorId }

@c @implementation
public func osThreadGetZone(_ thread_id: UnsafeMutableRawPointer?) -> UInt32 { osErrorId }

@c @implementation
public func osThreadFeedWatchdog(_ ticks: UInt32) -> osStatus_t { Unsupported.status }

@c @implementation
public func osThreadProtectPrivileged() -> osStatus_t { Unsupported.status }

@c @implementation
public func osThreadSuspendClass(_ safety_class: UInt32, _ mode: UInt32) -> osStatus_t { Unsupported.status }

@c @implementation
public func osThreadResumeClass(_ safety_class: UInt32, _ mode: UInt32) -> osStatus_t { Unsupported.status }

@c @implementation
public func osThreadTerminateZone(_ zone: UInt32) -> osStatus_t { Unsupported.status }

@c @implementation
public func osThreadSetAffinityMask(_ thread_id: UnsafeMutableRawPointer?, _ affinity_mask: UInt32) -> osStatus_t {
    Unsupported.status
}

/// 0: not used.
@c @implementation
public func osThreadGetAffinityMask(_ thread_id: UnsafeMutableRawPointer?) -> UInt32 { 0 }

/// Nothing to go back to: a fault ends the process.
@c @implementation
public func osFaultResume() {}

private enum Unsupported {
    static var status: osStatus_t { CMSISCall.isInterrupt ? osErrorISR : osError }
}
