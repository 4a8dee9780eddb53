/* Memory partitions. */
#include "expect.h"

#define BLOCKS 3u

static OS_MEM mem, other;
/* Blocks of 12 bytes are none of a 64-bit pointer's, and are good on the parts that firmware is written for. */
static CPU_INT32U storage[BLOCKS][3];

static void checks(void *arg)
{
    CPU_INT08U *blocks[BLOCKS];

    (void)arg;
    OSIntEnter();
    ANSWERS(OS_ERR_MEM_CREATE_ISR, OSMemCreate(&mem, NULL, storage, BLOCKS, 12u, &err));
    OSIntExit();
    ANSWERS(OS_ERR_MEM_INVALID_P_MEM, OSMemCreate(NULL, NULL, storage, BLOCKS, 12u, &err));
    ANSWERS(OS_ERR_MEM_INVALID_P_ADDR, OSMemCreate(&mem, NULL, NULL, BLOCKS, 12u, &err));
    ANSWERS(OS_ERR_MEM_INVALID_P_ADDR, OSMemCreate(&mem, NULL, (char *)storage + 2, BLOCKS, 12u, &err));
    ANSWERS(OS_ERR_MEM_INVALID_BLKS, OSMemCreate(&mem, NULL, storage, 1u, 12u, &err));
    ANSWERS(OS_ERR_MEM_INVALID_SIZE, OSMemCreate(&mem, NULL, storage, BLOCKS, 3u, &err));
    ANSWERS(OS_ERR_MEM_INVALID_SIZE, OSMemCreate(&mem, NULL, storage, BLOCKS, 10u, &err));
    ANSWERS(OS_ERR_NONE, OSMemCreate(&mem, (CPU_CHAR *)"blocks", storage, BLOCKS, 12u, &err));
    ANSWERS(OS_ERR_OBJ_CREATED, OSMemCreate(&mem, NULL, storage, BLOCKS, 12u, &err));
    EXPECT(mem.Type == OS_OBJ_TYPE_MEM && strcmp(mem.NamePtr, "blocks") == 0 && mem.AddrPtr == storage);
    EXPECT(mem.BlkSize == 12u && mem.NbrMax == BLOCKS && mem.NbrFree == BLOCKS);

    ANSWERS(OS_ERR_MEM_INVALID_P_MEM, EXPECT(OSMemGet(NULL, &err) == NULL));
    ANSWERS(OS_ERR_OBJ_TYPE, EXPECT(OSMemGet(&other, &err) == NULL));
    for (unsigned i = 0; i < BLOCKS; i++) {
        /* The first pass ascends. */
        ANSWERS(OS_ERR_NONE, EXPECT((blocks[i] = OSMemGet(&mem, &err)) == (CPU_INT08U *)storage[i]));
        memset(blocks[i], (int)i, 12u);
        EXPECT(mem.NbrFree == BLOCKS - 1u - i);
    }
    EXPECT(mem.FreeListPtr == NULL);
    ANSWERS(OS_ERR_MEM_NO_FREE_BLKS, EXPECT(OSMemGet(&mem, &err) == NULL));

    ANSWERS(OS_ERR_MEM_INVALID_P_MEM, OSMemPut(NULL, blocks[0], &err));
    ANSWERS(OS_ERR_MEM_INVALID_P_BLK, OSMemPut(&mem, NULL, &err));
    ANSWERS(OS_ERR_OBJ_TYPE, OSMemPut(&other, blocks[0], &err));
    ANSWERS(OS_ERR_MEM_INVALID_P_BLK, OSMemPut(&mem, blocks[1] + 4, &err));
    ANSWERS(OS_ERR_MEM_INVALID_P_BLK, OSMemPut(&mem, &mem, &err));
    OSIntEnter();
    ANSWERS(OS_ERR_NONE, OSMemPut(&mem, blocks[2], &err));
    ANSWERS(OS_ERR_NONE, OSMemPut(&mem, blocks[0], &err));
    EXPECT(mem.FreeListPtr == blocks[0]);
    /* From then on the last one in is the first one out. */
    ANSWERS(OS_ERR_NONE, EXPECT(OSMemGet(&mem, &err) == blocks[0]));
    OSIntExit();
    ANSWERS(OS_ERR_NONE, OSMemPut(&mem, blocks[0], &err));
    /* Nothing is kept in a free block. */
    EXPECT(blocks[0][0] == 0u && blocks[2][0] == 2u && blocks[2][11] == 2u);
    ANSWERS(OS_ERR_MEM_INVALID_P_BLK, OSMemPut(&mem, blocks[0], &err));
    EXPECT(mem.NbrFree == 2u);
    ANSWERS(OS_ERR_NONE, OSMemPut(&mem, blocks[1], &err));
    ANSWERS(OS_ERR_MEM_FULL, OSMemPut(&mem, blocks[1], &err));
    EXPECT(mem.NbrFree == BLOCKS);
    finish();
}

int main(void)
{
    ANSWERS(OS_ERR_NONE, OSInit(&err));
    return run(checks);
}
