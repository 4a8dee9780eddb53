import CFirmware
import Glibc
import RTOS

// The heap. Memory comes from below 4 GiB; what firmware has of it is counted against its `configTOTAL_HEAP_SIZE`.

private enum HeapCount {
    struct Numbers: Sendable {
        var used = 0
        var mostUsed = 0
        var allocations = 0
        var releases = 0
    }

    static let numbers = Guarded(Numbers())

    /// What firmware may have altogether.
    static var limit: Int {
        let size = FreeRTOSSettings.current.heapSize
        return size == 0 ? Int(Int32.max) : Int(clamping: size)
    }

    static func reserve(_ size: Int) -> Bool {
        let limit = limit
        return numbers.withLock { numbers in
            guard numbers.used + size <= limit else { return false }
            numbers.used += size
            numbers.mostUsed = max(numbers.mostUsed, numbers.used)
            numbers.allocations += 1
            return true
        }
    }

    static func release(_ size: Int) {
        numbers.withLock { numbers in
            numbers.used -= size
            numbers.releases += 1
        }
    }
}

@c @implementation
public func pvPortMalloc(_ xWantedSize: Int) -> UnsafeMutableRawPointer? {
    FirmwareKernel.switchIfDue()
    guard xWantedSize != 0 else { return nil }
    // A size that wrapped around is negative here.
    if xWantedSize > 0, HeapCount.reserve(xWantedSize) {
        if let memory = LowMemory.allocate(xWantedSize) { return memory }
        HeapCount.release(xWantedSize)
    }
    FreeRTOSSettings.current.mallocFailedHook?()
    return nil
}

@c @implementation
public func pvPortCalloc(_ xNum: Int, _ xSize: Int) -> UnsafeMutableRawPointer? {
    let (size, overflow) = UInt(bitPattern: xNum).multipliedReportingOverflow(by: UInt(bitPattern: xSize))
    guard !overflow, size <= UInt(Int.max), let memory = pvPortMalloc(Int(size)) else { return nil }
    memset(memory, 0, Int(size))
    return memory
}

@c @implementation
public func vPortFree(_ pv: UnsafeMutableRawPointer?) {
    FirmwareKernel.switchIfDue()
    guard let pv else { return }
    switch LowMemory.release(pv) {
    case .done(let size): HeapCount.release(size)
    case .freeAlready: Misuse.assertionFailed("vPortFree", "the memory was freed before")
    case .notFromHere: Misuse.assertionFailed("vPortFree", "the memory is not from pvPortMalloc")
    }
}

@c @implementation
public func xPortGetFreeHeapSize() -> Int {
    FirmwareKernel.switchIfDue()
    return HeapCount.limit - HeapCount.numbers.withLock { $0.used }
}

@c @implementation
public func xPortGetMinimumEverFreeHeapSize() -> Int {
    FirmwareKernel.switchIfDue()
    return HeapCount.limit - HeapCount.numbers.withLock { $0.mostUsed }
}

@c @implementation
public func xPortResetHeapMinimumEverFreeHeapSize() {
    HeapCount.numbers.withLock { $0.mostUsed = $0.used }
}

@c @implementation
public func vPortGetHeapStats(_ pxHeapStats: UnsafeMutablePointer<HeapStats_t>?) {
    let numbers = HeapCount.numbers.withLock { $0 }
    let free = HeapCount.limit - numbers.used
    pxHeapStats?.pointee = HeapStats_t(
        xAvailableHeapSpaceInBytes: free, xSizeOfLargestFreeBlockInBytes: free, xSizeOfSmallestFreeBlockInBytes: free,
        xNumberOfFreeBlocks: 1, xMinimumEverFreeBytesRemaining: HeapCount.limit - numbers.mostUsed,
        xNumberOfSuccessfulAllocations: numbers.allocations, xNumberOfSuccessfulFrees: numbers.releases)
}

@c @implementation
public func vPortDefineHeapRegions(_ pxHeapRegions: UnsafePointer<HeapRegion_t>?) {}

@c @implementation
public func vPortInitialiseBlocks() {}
