import CFirmware
import Glibc
import RTOS

// What is known of tasks, and what firmware may keep with them.

@c @implementation
public func xTaskGetCurrentTaskHandle() -> OpaquePointer? {
    FirmwareKernel.switchIfDue()
    return FreeRTOSTask.ofCaller?.handle
}

@c @implementation
public func xTaskGetIdleTaskHandle() -> OpaquePointer? {
    FirmwareKernel.switchIfDue()
    return IdleTask.current?.handle
}

@c @implementation
public func xTaskGetHandle(_ pcNameToQuery: UnsafePointer<CChar>?) -> OpaquePointer? {
    FirmwareKernel.switchIfDue()
    guard let pcNameToQuery else { return nil }
    return FreeRTOSTask.living.first { strcmp($0.cName, pcNameToQuery) == 0 }?.handle
}

@c @implementation
public func pcTaskGetName(_ xTaskToQuery: OpaquePointer?) -> UnsafeMutablePointer<CChar>? {
    FirmwareKernel.switchIfDue()
    return FreeRTOSTask.object(xTaskToQuery, "pcTaskGetName")?.cName
}

@c @implementation
public func uxTaskGetNumberOfTasks() -> UInt {
    FirmwareKernel.switchIfDue()
    return UInt(FreeRTOSTask.living.count)
}

@c @implementation
public func uxTaskPriorityGet(_ xTask: OpaquePointer?) -> UInt {
    FirmwareKernel.switchIfDue()
    return UInt(FreeRTOSTask.task(xTask, "uxTaskPriorityGet")?.priority ?? 0)
}

@c @implementation
public func uxTaskPriorityGetFromISR(_ xTask: OpaquePointer?) -> UInt { uxTaskPriorityGet(xTask) }

@c @implementation
public func uxTaskBasePriorityGet(_ xTask: OpaquePointer?) -> UInt {
    FirmwareKernel.switchIfDue()
    return UInt(FreeRTOSTask.task(xTask, "uxTaskBasePriorityGet")?.basePriority ?? 0)
}

@c @implementation
public func uxTaskBasePriorityGetFromISR(_ xTask: OpaquePointer?) -> UInt { uxTaskBasePriorityGet(xTask) }

@c @implementation
public func eTaskGetState(_ xTask: OpaquePointer?) -> eTaskState {
    FirmwareKernel.switchIfDue()
    if Handle.isDeleted(xTask) { return eDeleted }
    guard let task = FreeRTOSTask.object(xTask, "eTaskGetState") else { return eInvalid }
    return task.freeRTOSState
}

extension FreeRTOSTask {
    /// Every task that has not ended, in the order of their creation.
    static var living: [FreeRTOSTask] { all.compactMap { $0 as? FreeRTOSTask } }

    fileprivate var freeRTOSState: eTaskState {
        // The idle task is always ready, whatever it does here.
        if self === IdleTask.current { return task == .current ? eRunning : eReady }
        return switch task.state {
        case .running: eRunning
        case .ready: eReady
        case .blocked: eBlocked
        case .suspended: eSuspended
        case .deleted: eDeleted
        }
    }

    fileprivate var status: TaskStatus_t {
        var status = TaskStatus_t()
        status.xHandle = handle
        status.pcTaskName = UnsafePointer(cName)
        status.xTaskNumber = UInt(task.number)
        status.eCurrentState = freeRTOSState
        status.uxCurrentPriority = UInt(task.priority)
        status.uxBasePriority = UInt(task.basePriority)
        status.pxStackBase = staticStack
        status.usStackHighWaterMark = UInt32(FreeRTOSTask.unusedStack)
        return status
    }

    /// Words of stack that a task has not used: what a thread's stack leaves at any depth that firmware reaches.
    fileprivate static let unusedStack = 16384
}

@c @implementation
public func vTaskGetInfo(
    _ xTask: OpaquePointer?, _ pxTaskStatus: UnsafeMutablePointer<TaskStatus_t>?, _ xGetFreeStackSpace: Int,
    _ eState: eTaskState
) {
    FirmwareKernel.switchIfDue()
    guard let pxTaskStatus, let task = FreeRTOSTask.object(xTask, "vTaskGetInfo") else { return }
    pxTaskStatus.pointee = task.status
    // The caller may know the state, and save the time of finding it out.
    if eState != eInvalid { pxTaskStatus.pointee.eCurrentState = eState }
}

@c @implementation
public func uxTaskGetSystemState(
    _ pxTaskStatusArray: UnsafeMutablePointer<TaskStatus_t>?, _ uxArraySize: UInt,
    _ pulTotalRunTime: UnsafeMutablePointer<UInt32>?
) -> UInt {
    FirmwareKernel.switchIfDue()
    let tasks = FreeRTOSTask.living
    pulTotalRunTime?.pointee = 0
    guard let pxTaskStatusArray, tasks.count <= Int(clamping: uxArraySize) else { return 0 }
    for (index, task) in tasks.enumerated() { pxTaskStatusArray[index] = task.status }
    return UInt(tasks.count)
}

@c @implementation
public func vTaskListTasks(_ pcWriteBuffer: UnsafeMutablePointer<CChar>?, _ uxBufferLength: Int) {
    FirmwareKernel.switchIfDue()
    guard let pcWriteBuffer, uxBufferLength > 0 else { return }
    var text = ""
    for task in FreeRTOSTask.living {
        let state =
            switch task.freeRTOSState {
            case eRunning: "X"
            case eReady: "R"
            case eBlocked: "B"
            case eSuspended: "S"
            default: "D"
            }
        let padding = String(
            repeating: " ", count: max(0, FreeRTOSSettings.current.longestTaskName - task.name.utf8.count))
        text +=
            "\(task.name)\(padding)\t\(state)\t\(task.task.priority)\t\(FreeRTOSTask.unusedStack)\t\(task.task.number)\r\n"
    }
    let count = min(text.utf8.count, uxBufferLength - 1)
    for (index, byte) in text.utf8.prefix(count).enumerated() { pcWriteBuffer[index] = CChar(bitPattern: byte) }
    pcWriteBuffer[count] = 0
}

@c @implementation
public func xTaskGetStaticBuffers(
    _ xTask: OpaquePointer?, _ ppuxStackBuffer: UnsafeMutablePointer<UnsafeMutablePointer<StackType_t>?>?,
    _ ppxTaskBuffer: UnsafeMutablePointer<UnsafeMutablePointer<StaticTask_t>?>?
) -> Int {
    guard let task = FreeRTOSTask.object(xTask, "xTaskGetStaticBuffers"), let memory = task.staticMemory else {
        return 0
    }
    ppuxStackBuffer?.pointee = task.staticStack
    ppxTaskBuffer?.pointee = memory
    return 1
}

@c @implementation
public func uxTaskGetStackHighWaterMark(_ xTask: OpaquePointer?) -> UInt {
    FirmwareKernel.switchIfDue()
    return UInt(FreeRTOSTask.unusedStack)
}

@c @implementation
public func uxTaskGetStackHighWaterMark2(_ xTask: OpaquePointer?) -> Int {
    FirmwareKernel.switchIfDue()
    return FreeRTOSTask.unusedStack
}

// MARK: What firmware keeps with a task

@c @implementation
public func vTaskSetApplicationTaskTag(_ xTask: OpaquePointer?, _ pxHookFunction: TaskHookFunction_t?) {
    FirmwareKernel.switchIfDue()
    FreeRTOSTask.object(xTask, "vTaskSetApplicationTaskTag")?.tag = pxHookFunction
}

@c @implementation
public func xTaskGetApplicationTaskTag(_ xTask: OpaquePointer?) -> TaskHookFunction_t? {
    FirmwareKernel.switchIfDue()
    return FreeRTOSTask.object(xTask, "xTaskGetApplicationTaskTag")?.tag
}

@c @implementation
public func xTaskGetApplicationTaskTagFromISR(_ xTask: OpaquePointer?) -> TaskHookFunction_t? {
    FirmwareKernel.switchIfDue()
    return FreeRTOSTask.object(xTask, "xTaskGetApplicationTaskTagFromISR")?.tag
}

@c @implementation
public func xTaskCallApplicationTaskHook(_ xTask: OpaquePointer?, _ pvParameter: UnsafeMutableRawPointer?) -> Int {
    FreeRTOSTask.object(xTask, "xTaskCallApplicationTaskHook")?.tag?(pvParameter) ?? 0
}

@c @implementation
public func vTaskSetThreadLocalStoragePointer(
    _ xTaskToSet: OpaquePointer?, _ xIndex: Int, _ pvValue: UnsafeMutableRawPointer?
) {
    FirmwareKernel.switchIfDue()
    guard let task = FreeRTOSTask.object(xTaskToSet, "vTaskSetThreadLocalStoragePointer"),
        (0..<FreeRTOSTask.localStorageCount).contains(xIndex)
    else { return }
    task.localStorage[xIndex] = pvValue
}

@c @implementation
public func pvTaskGetThreadLocalStoragePointer(_ xTaskToQuery: OpaquePointer?, _ xIndex: Int)
    -> UnsafeMutableRawPointer?
{
    FirmwareKernel.switchIfDue()
    guard let task = FreeRTOSTask.object(xTaskToQuery, "pvTaskGetThreadLocalStoragePointer"),
        (0..<FreeRTOSTask.localStorageCount).contains(xIndex)
    else { return nil }
    return task.localStorage[xIndex]
}
