import CFirmware
import RTOS

// Tasks begin, end, stop and go on.

@c @implementation
public func xTaskCreate(
    _ pxTaskCode: TaskFunction_t?, _ pcName: UnsafePointer<CChar>?, _ uxStackDepth: Int,
    _ pvParameters: UnsafeMutableRawPointer?, _ uxPriority: UInt, _ pxCreatedTask: UnsafeMutablePointer<OpaquePointer?>?
) -> Int {
    guard let code = pxTaskCode else {
        Misuse.assertionFailed("xTaskCreate", "a task needs a function")
        return Int(errCOULD_NOT_ALLOCATE_REQUIRED_MEMORY)
    }
    let task = FreeRTOSTask(name: pcName)
    guard let handle = task.handle else { return Int(errCOULD_NOT_ALLOCATE_REQUIRED_MEMORY) }
    task.run(code, pvParameters, priority: uxPriority) { pxCreatedTask?.pointee = handle }
    return 1
}

@c @implementation
public func xTaskCreateStatic(
    _ pxTaskCode: TaskFunction_t?, _ pcName: UnsafePointer<CChar>?, _ uxStackDepth: Int,
    _ pvParameters: UnsafeMutableRawPointer?, _ uxPriority: UInt, _ puxStackBuffer: UnsafeMutablePointer<StackType_t>?,
    _ pxTaskBuffer: UnsafeMutablePointer<StaticTask_t>?
) -> OpaquePointer? {
    guard let code = pxTaskCode, let pxTaskBuffer, puxStackBuffer != nil else {
        Misuse.assertionFailed("xTaskCreateStatic", "a static task needs a function, a stack and a buffer")
        return nil
    }
    let task = FreeRTOSTask(name: pcName, memory: pxTaskBuffer, stack: puxStackBuffer)
    task.run(code, pvParameters, priority: uxPriority) {}
    return task.handle
}

extension FreeRTOSTask {
    fileprivate func run(
        _ code: TaskFunction_t, _ parameters: UnsafeMutableRawPointer?, priority: UInt, willStart: () -> Void
    ) {
        nonisolated(unsafe) let parameters = parameters
        start(priority: FreeRTOSSettings.current.priority(priority), willStart: willStart) {
            code(parameters)
            Misuse.assertionFailed("the task's function", "returned; a task ends with vTaskDelete(NULL)")
        }
    }
}

@c @implementation
public func vTaskDelete(_ xTaskToDelete: OpaquePointer?) {
    guard let object = FreeRTOSTask.object(xTaskToDelete, "vTaskDelete") else { return }
    let task = object.task
    object.end()
    if task == .current { RTOSTask.exit() }
    task.delete()
}

@c @implementation
public func vTaskSuspend(_ xTaskToSuspend: OpaquePointer?) {
    FreeRTOSTask.task(xTaskToSuspend, "vTaskSuspend")?.suspend(endingWait: true)
}

@c @implementation
public func vTaskResume(_ xTaskToResume: OpaquePointer?) {
    guard xTaskToResume != nil else {
        return Misuse.assertionFailed("vTaskResume", "a task cannot resume itself")
    }
    FreeRTOSTask.task(xTaskToResume, "vTaskResume")?.resume()
    RTOSTask.giveWayToHigher()
}

@c @implementation
public func xTaskResumeFromISR(_ xTaskToResume: OpaquePointer?) -> Int {
    guard let task = FreeRTOSTask.task(xTaskToResume, "xTaskResumeFromISR") else { return 0 }
    return InterruptCall.run(nil) { task.resume() } ? 1 : 0
}

@c @implementation
public func vTaskPrioritySet(_ xTask: OpaquePointer?, _ uxNewPriority: UInt) {
    FreeRTOSTask.task(xTask, "vTaskPrioritySet")?.priority = FreeRTOSSettings.current.priority(uxNewPriority)
    RTOSTask.giveWayToHigher()
}

@c @implementation
public func xTaskAbortDelay(_ xTask: OpaquePointer?) -> Int {
    guard let task = FreeRTOSTask.object(xTask, "xTaskAbortDelay") else { return 0 }
    guard task.abortDelay() else { return 0 }
    RTOSTask.giveWayToHigher()
    return 1
}
