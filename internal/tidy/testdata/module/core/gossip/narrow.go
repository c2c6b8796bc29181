package gossip

const capacity int = 1 << 40 // want platform

const capacityBytes int64 = 1 << 40
