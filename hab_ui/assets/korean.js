// Streamlit's own words are English and cannot be set: this turns the known ones into Korean wherever they appear.
(() => {
  document.documentElement.lang = "ko";
  if (window.habKorean) return;
  const words = {
    "Upload": "파일 선택", "Browse files": "파일 선택", "Upload directories": "폴더 선택",
    "Drag and drop a file here": "여기에 파일을 끌어다 놓으세요",
    "Drag and drop file here": "여기에 파일을 끌어다 놓으세요",
    "Drag and drop files here": "여기에 파일을 끌어다 놓으세요",
    "Error:": "", "Add files": "파일 바꾸기", "add icon": "파일 바꾸기", "file upload": "파일 선택",
    "Upload failed": "파일을 올리지 못했습니다", "Uploading...": "올리는 중…",
    "Copy to clipboard": "복사", "Copied": "복사했습니다", "Copied!": "복사했습니다",
    "Choose an option": "선택하세요", "Choose options": "선택하세요", "Choose or add an option": "선택하거나 입력하세요",
    "No results": "결과가 없습니다", "No options to select": "선택할 항목이 없습니다",
    "No options to select.": "선택할 항목이 없습니다", "Clear all": "모두 지우기", "Select all": "모두 선택",
    "Clear value": "지우기",
    "Search": "검색", "Close Search": "검색 닫기", "Close": "닫기", "Fullscreen": "전체 화면",
    "Close fullscreen": "전체 화면 닫기", "Download as CSV": "CSV로 받기", "Show/hide columns": "열 보이기/숨기기",
    "Sort ascending": "오름차순 정렬", "Sort descending": "내림차순 정렬", "Autosize": "너비 맞춤",
    "Pin column": "열 고정", "Unpin column": "열 고정 풀기", "Hide column": "열 숨기기", "Format": "표시 형식",
    "Automatic": "자동", "Localized": "자릿수 구분", "Plain": "그대로", "Compact": "간략히", "Dollar": "달러",
    "Euro": "유로", "Yen": "엔", "Percent": "백분율", "Scientific": "지수", "Accounting": "회계", "Calendar": "달력",
    "Distance": "지난 시간", "Duration": "걸린 시간", "Add row": "행 추가", "Delete row(s)": "행 삭제",
    "Clear selection": "선택 풀기", "Values": "값", "Empty": "빈 값", "Distinct": "서로 다른 값", "Minimum": "최솟값",
    "Maximum": "최댓값", "Median": "중앙값", "Average": "평균", "Standard deviation": "표준편차", "Sum": "합계",
    "Range": "범위", "Average length": "평균 길이", "Minimum length": "최소 길이", "Maximum length": "최대 길이",
    "Show data": "자료 보기", "Show chart": "차트 보기", "Download as PNG": "PNG로 받기", "No data": "자료 없음",
    "No content": "내용 없음", "Based on sample": "표본 기준", "Toggle fullscreen": "전체 화면", "Select...": "선택하세요",
    "Choose date": "날짜 선택", "Choose date range": "기간 선택", "Choose date and time": "날짜와 시각 선택",
    "Open": "열기", "Edit": "고치기", "Cancel": "취소", "System": "시스템 설정", "Try again": "다시 시도", "Time": "시각",
    "Use arrow keys to navigate dates. Enter to select. Escape to close.":
      "화살표 키로 날짜를 옮기고 Enter 키로 고릅니다. Esc 키로 닫습니다.",
    "Statistics": "통계", "empty": "비어 있음",
    "Stop": "멈추기", "Stop script": "멈추기", "Rerun": "다시 실행", "Settings": "설정", "Print": "인쇄",
    "Record screen": "화면 녹화", "Running...": "처리 중…", "Running": "처리 중", "Connecting": "연결 중",
    "CONNECTING": "연결 중", "Connection error": "연결 오류", "Dark": "어둡게", "Light": "밝게",
    "Use system setting": "시스템 설정", "Expand sidebar": "메뉴 펼치기", "Collapse sidebar": "메뉴 접기",
    "Main menu": "메뉴", "App pages": "페이지", "Skip to main content": "본문으로 가기", "Wide mode": "넓게",
    "Show password text": "보이기", "Hide password text": "숨기기", "Link to heading": "이 제목의 링크",
    "Press Enter to apply": "Enter 키로 적용", "Press Enter to submit form": "Enter 키로 제출",
    "Press ⌘+Enter to apply": "⌘+Enter 키로 적용", "Press Ctrl+Enter to apply": "Ctrl+Enter 키로 적용",
    "Press ⌘+Enter to submit form": "⌘+Enter 키로 제출", "Press Ctrl+Enter to submit form": "Ctrl+Enter 키로 제출",
    "Page not found": "페이지가 없습니다", "Send message": "보내기",
    "Is Streamlit still running?": "화면 서버에 연결할 수 없습니다. 연결되면 자동으로 이어집니다.",
    "The app isn't responding": "화면 서버에 연결할 수 없습니다. 연결되면 자동으로 이어집니다.",
  };
  const patterns = [
    [/^\d+(\.\d+)?MB per file.*$/, "파일당 최대 LIMIT_MBMB"],
    [/^File must be .* or smaller\.$/, "파일 크기는 LIMIT_MBMB를 초과할 수 없습니다"],
    [/^.* files are not allowed\.$/, "CSV 형식만 지원됩니다."],
    [/^You can only select up to (\d+) options?\. Remove an option first\.$/, "최대 $1개까지 선택할 수 있습니다."],
    [/^You have requested page .*|^The page that you have requested .*/, "없는 페이지입니다. 홈을 엽니다."],
    [/^Remove (.+)$/, "$1 빼기"],
    [/^Stop the app.*$/, "멈추기"],
  ];
  const korean = (text) => {
    const key = text.trim();
    if (!key || !/[A-Za-z]/.test(key)) return null;
    if (Object.hasOwn(words, key)) return words[key];
    for (const [pattern, said] of patterns) if (pattern.test(key)) return key.replace(pattern, said);
    return null;
  };
  const theUsersOwn = '[data-testid="stChatMessage"], [data-testid="stTable"], [data-testid="stCode"] code, textarea';
  const turnText = (node) => {
    if (node.parentElement?.closest(theUsersOwn)) return;
    const said = korean(node.nodeValue);
    if (said !== null && said !== node.nodeValue) node.nodeValue = said;
  };
  const turnAttributes = (element) => {
    for (const name of ["aria-label", "title", "placeholder"]) {
      const said = element.hasAttribute(name) ? korean(element.getAttribute(name)) : null;
      if (said !== null) element.setAttribute(name, said);
    }
  };
  const turn = (root) => {
    if (root.nodeType === Node.TEXT_NODE) return turnText(root);
    if (root.nodeType !== Node.ELEMENT_NODE) return;
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = root; node; node = walker.nextNode())
      node.nodeType === Node.TEXT_NODE ? turnText(node) : turnAttributes(node);
  };
  window.habKorean = new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.type === "characterData") turnText(change.target);
      else if (change.type === "attributes") turnAttributes(change.target);
      else change.addedNodes.forEach(turn);
    }
  });
  window.habKorean.observe(document.body, {
    childList: true, subtree: true, characterData: true,
    attributes: true, attributeFilter: ["aria-label", "title", "placeholder"],
  });
  turn(document.body);
})();
