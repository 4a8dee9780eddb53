// The definitions that µC/OS firmware expects of its library.
#ifndef LIB_DEF_MODULE_PRESENT
#define LIB_DEF_MODULE_PRESENT

#define DEF_NULL ((void *)0)
#define DEF_DISABLED 0u
#define DEF_ENABLED 1u
#define DEF_FALSE 0u
#define DEF_TRUE 1u
#define DEF_NO 0u
#define DEF_YES 1u
#define DEF_OFF 0u
#define DEF_ON 1u
#define DEF_CLR 0u
#define DEF_SET 1u
#define DEF_INVALID 0u
#define DEF_VALID 1u
#define DEF_INACTIVE 0u
#define DEF_ACTIVE 1u
#define DEF_FAIL 0u
#define DEF_OK 1u

#define DEF_BIT_NONE 0x00u
#define DEF_BIT(bit) (1u << (bit))
#define DEF_BIT_SET(val, mask) ((val) |= (mask))
#define DEF_BIT_CLR(val, mask) ((val) &= ~(mask))
#define DEF_BIT_IS_SET(val, mask) (((mask) != 0u && ((val) & (mask)) == (mask)) ? DEF_YES : DEF_NO)
#define DEF_BIT_IS_CLR(val, mask) (((mask) != 0u && ((val) & (mask)) == 0u) ? DEF_YES : DEF_NO)
#define DEF_BIT_IS_SET_ANY(val, mask) ((((val) & (mask)) == 0u) ? DEF_NO : DEF_YES)
#define DEF_BIT_IS_CLR_ANY(val, mask) ((((val) & (mask)) == (mask)) ? DEF_NO : DEF_YES)

#define DEF_INT_08U_MAX_VAL 255u
#define DEF_INT_16U_MAX_VAL 65535u
#define DEF_INT_32U_MAX_VAL 4294967295u

#define DEF_TIME_NBR_mS_PER_SEC 1000u

#define DEF_MIN(a, b) (((a) < (b)) ? (a) : (b))
#define DEF_MAX(a, b) (((a) > (b)) ? (a) : (b))
#define DEF_ABS(a) (((a) < 0) ? (-(a)) : (a))

#endif
