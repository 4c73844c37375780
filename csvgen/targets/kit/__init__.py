"""The conformance kit: whether a bound adapter answers as the ports say. It looks from outside and believes nothing."""
