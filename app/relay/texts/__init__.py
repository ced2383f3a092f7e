"""The phone network's side of the relay. Gateways stand behind one interface (`base`); what a gateway says is stored
before it is acknowledged, and the words of a text are kept no longer than it takes to hand them over."""
