"""CSV 파일에 대해 묻고, 답변이 쓰이는 대로 봅니다: python chat.py 사고.csv"""

from __future__ import annotations

import sys
from pathlib import Path

from hab_client import HabClient
from hab_client.keys import find_api_key


def main(source: Path) -> None:
    with HabClient() as client:
        dataset = client.datasets.upload(source)
        with client.chat.stream("요일별 사고 건수는?", dataset=dataset, api_key=find_api_key()) as stream:
            for event in stream:
                if event.type == "text":
                    print(event.text, end="", flush=True)
                elif event.type == "tool_start":
                    print(f"도구: {event.name}", file=sys.stderr)
            answer = stream.finish()
        print(f"\n({answer.mode}, 수치 {len(answer.receipts)}개)")
        for receipt in answer.receipts:
            if receipt.status == "unverified":
                print(f"출처를 찾지 못한 수치: {receipt.figure}")

        conversation = client.conversations.get(answer.conversation_id)
        print(client.chat.ask("그럼 가장 이른 날짜는?", conversation=conversation))
        print(conversation.refresh().to_markdown())
        conversation.delete()
        dataset.delete()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
