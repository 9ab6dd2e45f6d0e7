"""The parts of the page AI 질의응답: key, conversations, live answers, what an answer rests on."""
