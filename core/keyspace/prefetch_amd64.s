#include "textflag.h"

// func prefetchEntry(address *byte)
TEXT ·prefetchEntry(SB), NOSPLIT, $0-8
	MOVQ address+0(FP), AX
	PREFETCHT0 (AX)
	PREFETCHT0 64(AX)
	RET

// func prefetchBucket(address *bucket)
TEXT ·prefetchBucket(SB), NOSPLIT, $0-8
	MOVQ address+0(FP), AX
	PREFETCHT0 (AX)
	RET

// func prefetchTable(address *table)
TEXT ·prefetchTable(SB), NOSPLIT, $0-8
	MOVQ address+0(FP), AX
	PREFETCHT0 (AX)
	RET
