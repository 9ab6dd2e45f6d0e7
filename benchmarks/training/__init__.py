"""The recipe of the ECLO model beside its peers."""
