import Testing

@Suite("Misuse")
struct MisuseTests {
    @Test("is told with task and call, and the call fails", arguments: CProgram.Mode.allCases)
    func told(mode: CProgram.Mode) throws {
        expect(
            try CProgram("misuse.c").run(mode, environment: ["HIL_CHECK_BUFFERS": "1"]), prints: "all so\n",
            errors: """
                hilbridge: main: xQueueReceive: nobody can block before the scheduler is started
                hilbridge: task 'main': FreeRTOS_write: virtual://spi: a zero-copy write needs the write mutex: \
                obtain it first, in the same task
                hilbridge: task 'main': FreeRTOS_write: the buffer was changed before its zero-copy write was \
                complete: obtain the mutex first
                hilbridge: task 'main': vPortFree: the memory was freed before
                hilbridge: task 'main': vPortFree: the memory is not from pvPortMalloc
                hilbridge: task 'main': xSemaphoreGive: a mutex is given by the task that holds it
                hilbridge: task 'main': xStreamBufferReceive: task 'holder' is in the same call: \
                a buffer has one writer and one reader
                hilbridge: task 'main': xQueueReceive: nobody can block while the scheduler is suspended
                hilbridge: task 'main': xTaskResumeAll: this task has not called vTaskSuspendAll
                hilbridge: task 'main': xQueueSend: the item is NULL
                hilbridge: task 'main': xQueueSend: the handle is none, or was deleted
                hilbridge: task 'main': xTaskNotify: the task handle is none, or of a task that was deleted
                hilbridge: task 'main': xQueueReceive: the handle is none, or was deleted
                hilbridge: task 'main': xSemaphoreTake: this task holds the mutex already, \
                and would wait for itself for ever
                hilbridge: task 'returns': the task's function: returned; a task ends with vTaskDelete(NULL)

                """)
    }
}
