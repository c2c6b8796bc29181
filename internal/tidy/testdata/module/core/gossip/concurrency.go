package gossip

func start() {
	done := make(chan bool)      // want concurrency
	go func() { done <- true }() // want concurrency
	done <- true                 // want concurrency
	<-done                       // want concurrency
	select {}                    // want concurrency
}

// step is called, and returns.
func step(pending []func()) {
	for _, run := range pending {
		defer run()
	}
}
