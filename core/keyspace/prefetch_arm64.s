#include "textflag.h"

// func prefetchEntry(address *byte)
TEXT ·prefetchEntry(SB), NOSPLIT, $0-8
	MOVD address+0(FP), R0
	PRFM (R0), PLDL1KEEP
	PRFM 64(R0), PLDL1KEEP
	RET

// func prefetchBucket(address *bucket)
TEXT ·prefetchBucket(SB), NOSPLIT, $0-8
	MOVD address+0(FP), R0
	PRFM (R0), PLDL1KEEP
	RET

// func prefetchTable(address *table)
TEXT ·prefetchTable(SB), NOSPLIT, $0-8
	MOVD address+0(FP), R0
	PRFM (R0), PLDL1KEEP
	RET
